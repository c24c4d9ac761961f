FROM debian:bookworm-slim AS build
WORKDIR /app
ENV CI="true"
COPY . .

FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["/bin/sh","-c","sh run.sh"]
