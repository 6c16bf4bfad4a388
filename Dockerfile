# Two programs in one image: wsexchange (the gateway, default) and mockmpf (the
# emulator). Nothing else is in it; the health check is the program's own.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=unknown
ENV CGO_ENABLED=0
RUN go build -trimpath -ldflags "-s -w -X wsexchange/internal/version.Version=${VERSION}" -o /out/ ./cmd/...
RUN mkdir -p /out/data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/wsexchange /out/mockmpf /out/provtest* /
USER 65532:65532
WORKDIR /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["/wsexchange", "healthcheck"]
ENTRYPOINT ["/wsexchange"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
