FROM node:20-bookworm-slim AS build
WORKDIR /app
ENV CI="true"
COPY ./package.json ./package-lock.json ./
RUN --mount=type=cache,target=/root/.npm ["npm","ci"]
COPY . .
RUN --mount=type=cache,target=/root/.npm ["npm","run","build"]
RUN rm -rf -- node_modules/is-odd

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV="production"
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["/bin/sh","-c","node dist/server.js"]
