FROM golang:1.23-bookworm AS build
WORKDIR /app
ENV CI="true"
COPY . .
RUN --mount=type=cache,target=/root/.cache/go-build --mount=type=cache,target=/go/pkg/mod ["go","build","-mod=readonly","-modcacherw","-buildvcs=false","-o",".naru/web","."]

FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD [".naru/web"]
