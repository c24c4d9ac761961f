FROM node:20-bookworm-slim AS build
WORKDIR /app
ENV CI="true"
COPY . .

FROM node:20-bookworm-slim
WORKDIR /app
COPY .naru/static-server.cjs .naru/static-server.cjs
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["node",".naru/static-server.cjs","."]
