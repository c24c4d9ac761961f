FROM node:20-bookworm-slim AS build
WORKDIR /app
ENV CI="true"
COPY . .

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV="production"
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["/bin/sh","-c","node server.js"]
