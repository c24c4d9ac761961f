FROM node:20-bookworm-slim AS build
WORKDIR /app
ENV CI="true"
COPY ./package.json ./package-lock.json ./
RUN --mount=type=cache,target=/root/.npm ["npm","ci"]
COPY . .
RUN --mount=type=cache,target=/root/.npm ["npm","run","build"]
RUN for folder in dist build out public _site; do if [ -f "$folder/index.html" ]; then cp -a "$folder" /site && exit 0; fi; done; exit 1

FROM node:20-bookworm-slim
WORKDIR /app
COPY .naru/static-server.cjs .naru/static-server.cjs
COPY --from=build /site site
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["node",".naru/static-server.cjs","site"]
