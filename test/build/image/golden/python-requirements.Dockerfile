FROM python:3.11-slim-bookworm AS build
WORKDIR /app
ENV CI="true"
ENV PYTHONUNBUFFERED="1"
COPY ./requirements.txt ./
RUN --mount=type=cache,target=/root/.cache python3 -m venv --clear .venv && .venv/bin/python -m pip install -r requirements.txt
COPY . .

FROM python:3.11-slim-bookworm
WORKDIR /app
ENV PYTHONUNBUFFERED="1"
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["/bin/sh","-c","exec .venv/bin/python -m gunicorn --bind \"$HOST:$PORT\" app:app"]
