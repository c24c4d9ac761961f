FROM node:20-bookworm-slim AS build
WORKDIR /app
ENV CI="true"
COPY ./package.json ./package-lock.json ./
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=naru-ca \
    export NODE_EXTRA_CA_CERTS=/run/secrets/naru-ca SSL_CERT_FILE=/run/secrets/naru-ca PIP_CERT=/run/secrets/naru-ca REQUESTS_CA_BUNDLE=/run/secrets/naru-ca CARGO_HTTP_CAINFO=/run/secrets/naru-ca GIT_SSL_CAINFO=/run/secrets/naru-ca && npm ci
COPY . .

FROM node:20-bookworm-slim
WORKDIR /app
ENV NODE_ENV="production"
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["/bin/sh","-c","node server.js"]
