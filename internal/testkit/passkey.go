package testkit

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Passkey is a device with one key, as browsers answer for it. A test makes it answer rightly or wrongly; it is written apart
// from the code it tests.
type Passkey struct {
	Count  uint32 // told with the next answer, which counts it up first
	Site   string // what it says it answers to; the name it was made for unless a test says otherwise
	key    *ecdsa.PrivateKey
	id     []byte
	handle []byte
}

// asking is what a page hands to a browser, of which the device needs this.
type asking struct {
	Challenge string `json:"challenge"`
	Site      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

func parsed(options []byte) (a asking, err error) {
	if err := json.Unmarshal(options, &a); err != nil {
		return a, fmt.Errorf("reading what the page asks: %w", err)
	}
	return a, nil
}

func said(kind, challenge, origin string) []byte {
	body, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false}) // texts alone
	return body
}

var rawURL = base64.RawURLEncoding

// data is what the device signs: the site, that somebody touched it, and its count.
func (p *Passkey) data(flags byte) []byte {
	sum := sha256.Sum256([]byte(p.Site))
	return binary.BigEndian.AppendUint32(append(sum[:], flags), p.Count)
}

const (
	touched  = 1 << 0
	attested = 1 << 6
)

// MakePasskey makes a passkey as a page at origin asks, and gives the browser's answer.
func MakePasskey(options []byte, origin string) (*Passkey, string, error) {
	a, err := parsed(options)
	if err != nil {
		return nil, "", err
	}
	p := &Passkey{Site: a.RP.ID, id: make([]byte, 32)}
	_, _ = rand.Read(p.id) // never fails
	if p.handle, err = rawURL.DecodeString(a.User.ID); err != nil {
		return nil, "", fmt.Errorf("reading the user's handle: %w", err)
	}
	if p.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, "", fmt.Errorf("making a key: %w", err)
	}
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		return nil, "", fmt.Errorf("writing a key: %w", err)
	}
	public, err := cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		return nil, "", fmt.Errorf("writing a key: %w", err)
	}
	data := append(p.data(touched|attested), make([]byte, 16)...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(p.id)))
	data = append(append(data, p.id...), public...)
	object, err := cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	if err != nil {
		return nil, "", fmt.Errorf("writing a passkey: %w", err)
	}
	return p, p.answer(map[string]string{"clientDataJSON": rawURL.EncodeToString(said("webauthn.create", a.Challenge, origin)), "attestationObject": rawURL.EncodeToString(object)}), nil
}

// Show answers a page at origin, counting one up.
func (p *Passkey) Show(options []byte, origin string) (string, error) {
	a, err := parsed(options)
	if err != nil {
		return "", err
	}
	p.Count++
	client, data := said("webauthn.get", a.Challenge, origin), p.data(touched)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(data[:len(data):len(data)], sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, p.key, signed[:])
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return p.answer(map[string]string{"clientDataJSON": rawURL.EncodeToString(client), "authenticatorData": rawURL.EncodeToString(data),
		"signature": rawURL.EncodeToString(signature), "userHandle": rawURL.EncodeToString(p.handle)}), nil
}

func (p *Passkey) answer(response map[string]string) string {
	id := rawURL.EncodeToString(p.id)
	body, _ := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}}) // texts alone
	return string(body)
}
