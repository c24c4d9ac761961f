FROM maven:3.9-eclipse-temurin-21 AS build
WORKDIR /app
ENV CI="true"
COPY . .
RUN --mount=type=cache,target=/root/.m2 mvn -B -q package -DskipTests "-Dmaven.repo.local=$HOME/.m2/repository"

FROM eclipse-temurin:21-jre
WORKDIR /app
COPY --from=build /app /app
RUN mkdir -p /home/app && chown 10001 /home/app
ENV HOME="/home/app"
USER 10001
CMD ["java","-jar","target/hello-1.0.0.jar"]
