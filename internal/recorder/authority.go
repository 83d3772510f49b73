package recorder

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// authorityLife is how long an authority and its certificates are good.
const authorityLife = 7 * 24 * time.Hour

// Authority is a certificate authority that lives as long as the process: its
// key is in memory only.
type Authority struct {
	clock func() time.Time
	key   *ecdsa.PrivateKey
	own   *x509.Certificate
	der   []byte

	mu     sync.Mutex
	leaves map[string]*tls.Certificate // by server name
}

// NewAuthority makes an authority with a fresh key.
func NewAuthority(clock func() time.Time) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	a := &Authority{clock: clock, key: key, leaves: map[string]*tls.Certificate{}}
	a.own, err = a.draft("conform recording proxy")
	if err != nil {
		return nil, err
	}
	a.own.IsCA, a.own.BasicConstraintsValid, a.own.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	if a.der, err = x509.CreateCertificate(rand.Reader, a.own, a.own, &key.PublicKey, key); err != nil {
		return nil, fmt.Errorf("make certificate authority: %w", err)
	}
	return a, nil
}

// PEM is the authority's certificate, for clients to trust.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.der})
}

func (a *Authority) draft(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, fmt.Errorf("make certificate: %w", err)
	}
	now := a.clock()
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(authorityLife),
	}, nil
}

// certificate is for a server of that name or address.
func (a *Authority) certificate(name string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if leaf := a.leaves[name]; leaf != nil {
		return leaf, nil
	}
	leaf, err := a.leaf(name)
	if err == nil {
		a.leaves[name] = leaf
	}
	return leaf, err
}

func (a *Authority) leaf(name string) (*tls.Certificate, error) {
	c, err := a.draft(name)
	if err != nil {
		return nil, err
	}
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses = []net.IP{ip}
	} else {
		c.DNSNames = []string{name}
	}
	c.KeyUsage, c.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := x509.CreateCertificate(rand.Reader, c, a.own, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("make certificate for %s: %w", name, err)
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.der}, PrivateKey: a.key}, nil
}
