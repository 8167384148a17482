package door

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"breakwater/internal/outbreak"
)

const (
	authorityLife = 10 * 365 * 24 * time.Hour
	leafLife      = 90 * 24 * time.Hour
	renewBefore   = 30 * 24 * time.Hour
	backdated     = 24 * time.Hour // phones in the field have clocks that are wrong
)

// private are the only addresses and names the authority can speak for: whoever installs it on a phone gives nobody the
// power over his bank.
var (
	privateNets  = []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7", "fe80::/10"}
	privateNames = []string{"localhost", "local", "lan", "internal", "home.arpa"}
)

// Authority is the house's own certificate authority, for a hotspot without the Internet. Phones trust it once it is
// installed on them. Its key lies beside the data; the certificate it signs is held in memory and made anew by itself.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	wall outbreak.Clock
	here func() (names []string, addresses []netip.Addr)

	mu     sync.Mutex
	leaf   *tls.Certificate
	names  []string
	looked outbreak.Instant
}

// OpenAuthority reads the authority in a folder, or makes it there.
func OpenAuthority(folder string, wall outbreak.Clock) (*Authority, error) {
	a := &Authority{wall: wall, here: machine}
	certFile, keyFile := filepath.Join(folder, "authority.pem"), filepath.Join(folder, "authority-key.pem")
	keyText, err := os.ReadFile(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return a, a.found(folder, certFile, keyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the authority's key: %w", err)
	}
	certText, err := os.ReadFile(certFile)
	if err != nil {
		return nil, fmt.Errorf("reading the authority's certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		return nil, fmt.Errorf("reading the authority in %s: %w", folder, err)
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, fmt.Errorf("reading the authority in %s: this is no authority the program made", folder)
	}
	a.cert, a.key = pair.Leaf, key
	return a, nil
}

// found makes the authority and writes it down, the key last: a folder that holds the key holds everything.
func (a *Authority) found(folder, certFile, keyFile string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("making the authority's folder: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making the authority's key: %w", err)
	}
	host, _ := os.Hostname() // without one the private names are enough
	now := a.wall.Now().Time()
	plan := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Breakwater"}, CommonName: "Breakwater " + host + " " + now.Format(time.DateOnly)},
		NotBefore: now.Add(-backdated), NotAfter: now.Add(authorityLife), IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, PermittedDNSDomainsCritical: true, PermittedDNSDomains: slices.Clone(privateNames)}
	if host != "" && !strings.Contains(host, ".") {
		plan.PermittedDNSDomains = append(plan.PermittedDNSDomains, strings.ToLower(host))
	}
	for _, n := range privateNets {
		_, network, err := net.ParseCIDR(n)
		if err != nil {
			return err
		}
		plan.PermittedIPRanges = append(plan.PermittedIPRanges, network)
	}
	der, err := x509.CreateCertificate(rand.Reader, plan, plan, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("making the authority's certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("writing the authority's key: %w", err)
	}
	if err := os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return fmt.Errorf("writing the authority's certificate: %w", err)
	}
	if err := os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600); err != nil {
		return fmt.Errorf("writing the authority's key: %w", err)
	}
	a.key = key
	a.cert, err = x509.ParseCertificate(der)
	return err
}

// serial makes a number no certificate had before.
func serial() *big.Int {
	n := make([]byte, 16)
	_, _ = rand.Read(n) // never fails since Go 1.24
	n[0] &= 0x7f
	return new(big.Int).SetBytes(n)
}

// Certificate is the authority's own, in the form phones install.
func (a *Authority) Certificate() []byte { return a.cert.Raw }

// Fingerprint is what people compare before they install it: SHA-256 of the certificate, in pairs.
func (a *Authority) Fingerprint() string {
	sum := sha256.Sum256(a.cert.Raw)
	return strings.TrimSuffix(strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":"), ":")
}

// Get gives the certificate for the names and addresses the machine has now, made anew when they change or it grows old.
func (a *Authority) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.wall.Now()
	if a.leaf != nil && now.Sub(a.looked) < lookEvery {
		return a.leaf, nil
	}
	names, addresses := a.here()
	names = slices.DeleteFunc(names, func(n string) bool { return !a.permits(n) })
	all := slices.Clone(names)
	for _, addr := range addresses {
		all = append(all, addr.String())
	}
	if a.leaf == nil || !slices.Equal(all, a.names) || now.Add(renewBefore).Time().After(a.leaf.Leaf.NotAfter) {
		leaf, err := a.sign(names, addresses, now.Time())
		if err != nil {
			return nil, err
		}
		a.leaf, a.names = leaf, all
	}
	a.looked = now
	return a.leaf, nil
}

// permits tells whether the authority can speak for a name: a machine that was renamed has one it cannot, and a single such
// name would spoil the whole certificate.
func (a *Authority) permits(name string) bool {
	return slices.ContainsFunc(a.cert.PermittedDNSDomains, func(d string) bool { return name == d || strings.HasSuffix(name, "."+d) })
}

func (a *Authority) sign(names []string, addresses []netip.Addr, now time.Time) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	plan := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{Organization: []string{"Breakwater"}}, NotBefore: now.Add(-backdated), NotAfter: now.Add(leafLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true, DNSNames: names}
	if a.cert.NotAfter.Before(plan.NotAfter) {
		plan.NotAfter = a.cert.NotAfter
	}
	for _, addr := range addresses {
		plan.IPAddresses = append(plan.IPAddresses, addr.AsSlice())
	}
	der, err := x509.CreateCertificate(rand.Reader, plan, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate just made: %w", err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// machine gives the private names and addresses of this machine, sorted.
func machine() (names []string, addresses []netip.Addr) {
	names = []string{"localhost"}
	if host, err := os.Hostname(); err == nil && host != "" && !strings.Contains(host, ".") {
		host = strings.ToLower(host)
		names = append(names, host, host+".local")
	}
	list, err := net.InterfaceAddrs()
	if err != nil { // a machine that cannot tell is reached at itself
		list = nil
	}
	addresses = []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	for _, item := range list {
		network, ok := item.(*net.IPNet)
		if !ok {
			continue
		}
		if addr, ok := netip.AddrFromSlice(network.IP); ok && isPrivate(addr.Unmap()) {
			addresses = append(addresses, addr.Unmap())
		}
	}
	slices.Sort(names)
	slices.SortFunc(addresses, netip.Addr.Compare)
	return slices.Compact(names), slices.Compact(addresses)
}

func isPrivate(a netip.Addr) bool {
	return slices.ContainsFunc(privateNets, func(n string) bool { return netip.MustParsePrefix(n).Contains(a) })
}

// Reached lists the addresses and names by which other devices of the network reach this machine.
func (a *Authority) Reached() []string {
	names, addresses := a.here()
	var list []string
	for _, addr := range addresses {
		if !addr.IsLoopback() && !addr.IsLinkLocalUnicast() {
			list = append(list, addr.String())
		}
	}
	for _, n := range names {
		if strings.HasSuffix(n, ".local") {
			list = append(list, n)
		}
	}
	return list
}
