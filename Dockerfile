# Two images, each with all programs, that differ in what they start:
#   docker build -t wsexchange .                              the gateway
#   docker build -t wsexchange-emulator --target emulator .   the emulator, mockmpf
# Nothing else is in them; the health check is the program's own. Settings of
# the environment win over those written here, flags win over both.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags "-s -w -X wsexchange/internal/version.Version=${VERSION}" -o /out/ ./cmd/...
RUN mkdir -p /out/data

FROM scratch AS programs
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/wsexchange /out/mockmpf /out/provtest /
USER 65532:65532
WORKDIR /data

# The ports: SOAP door, LDAP, metrics and health. Tests wait for the health
# check, so it is asked often.
FROM programs AS emulator
ENV MOCKMPF_LISTEN=0.0.0.0:8090 \
    MOCKMPF_LDAP_LISTEN=0.0.0.0:3890 \
    MOCKMPF_METRICS_LISTEN=0.0.0.0:9465
EXPOSE 8090 3890 9465
HEALTHCHECK --interval=2s --timeout=3s --start-period=30s CMD ["/mockmpf", "healthcheck"]
ENTRYPOINT ["/mockmpf"]
CMD ["serve"]

# The ports: web services, metrics and health.
FROM programs AS gateway
ENV WSEXCHANGE_LISTEN=0.0.0.0:8080 \
    WSEXCHANGE_METRICS_LISTEN=0.0.0.0:9464
EXPOSE 8080 9464
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/wsexchange", "healthcheck"]
ENTRYPOINT ["/wsexchange"]
CMD ["serve"]
