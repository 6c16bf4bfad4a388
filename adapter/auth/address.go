package auth

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ClientAddress is the address a request comes from: that of the connection,
// or, if that is a trusted proxy, the last one in X-Forwarded-For that is not.
// An entry that is no address ends the search at the proxy that reported it.
// The zero Addr means that the connection has no IP address.
func ClientAddress(r *http.Request, trusted []netip.Prefix) netip.Addr {
	client := parseAddress(r.RemoteAddr)
	if !isTrusted(client, trusted) {
		return client
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address := parseAddress(strings.TrimSpace(hop))
		if !address.IsValid() {
			return client
		}
		client = address
		if !isTrusted(client, trusted) {
			return client
		}
	}
	return client
}

// FromProxy tells whether a request comes over a connection of a trusted proxy.
func FromProxy(r *http.Request, trusted []netip.Prefix) bool {
	return isTrusted(parseAddress(r.RemoteAddr), trusted)
}

// parseAddress reads an address with or without port, brackets and zone.
func parseAddress(s string) netip.Addr {
	if withPort, err := netip.ParseAddrPort(s); err == nil {
		return withPort.Addr().Unmap().WithZone("")
	}
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	address, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

func isTrusted(address netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}
