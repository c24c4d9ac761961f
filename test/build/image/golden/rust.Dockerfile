FROM rust:1.84-slim-bookworm AS build
WORKDIR /app
ENV CI="true"
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry ["/bin/sh","-c","exec cargo install --target-dir \"$HOME/cargo-target\" \"$@\"","cargo","--locked","--no-track","--force","--root=.naru","--path=.","--bin=hello"]
RUN rm -rf -- target

FROM debian:bookworm-slim
WORKDIR /app
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD [".naru/bin/hello"]
