# The image of Sluice. docs/shipping.md tells how it is used, and how large it is.
#   docker build -t sluice .
# Both bases can be replaced. The second one needs glibc and nothing else, not even a shell:
#   docker build -t sluice --build-arg BASE=gcr.io/distroless/base-nossl-debian13:nonroot .
ARG BUILD=maven:3.9.12-eclipse-temurin-25
ARG BASE=debian:13.5-slim

FROM ${BUILD} AS build
WORKDIR /src
COPY pom.xml ./
COPY src/main src/main
RUN mvn -q -B -Dmaven.test.skip=true package
COPY sluice ./
COPY docker docker
# At its final place: the AOT cache is bound to it. Settled there before it is copied, as it is to times of files.
RUN docker/assemble /opt/sluice && mkdir /empty

FROM ${BASE}
LABEL org.opencontainers.image.title="Sluice" \
      org.opencontainers.image.description="An API gateway: one YAML file, one process" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/sluice /opt/sluice
COPY docker/sluice.yaml /etc/sluice/sluice.yaml
# The one folder that a gateway may want to write to: the last good version of a shared configuration.
COPY --from=build --chown=10001:10001 /empty /var/lib/sluice
VOLUME /var/lib/sluice
ENV PATH=/opt/sluice:/usr/local/bin:/usr/bin:/bin
USER 10001:10001
WORKDIR /var/lib/sluice
EXPOSE 8080 9901
# A JVM for each: the quick compiler only, and not often.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["/opt/sluice/jre/bin/java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "@/opt/sluice/sluice.args", "/opt/sluice/sluice", "health"]
ENTRYPOINT ["/opt/sluice/sluice"]
CMD ["run", "--config", "/etc/sluice/sluice.yaml"]
