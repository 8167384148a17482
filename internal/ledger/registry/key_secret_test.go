package registry

import (
	"bytes"
	"testing"
)

func TestASecretOpensWhereItBelongsAlone(t *testing.T) {
	v, err := NewVault(bytes.Repeat([]byte{7}, secretSize))
	if err != nil {
		t.Fatal(err)
	}
	box, key, err := v.SealSecret("factor of user 1", []byte("shared"))
	if err != nil || key != v.SecretKey() || bytes.Contains(box, []byte("shared")) {
		t.Fatal(key, err)
	}
	if plain, err := v.OpenSecret("factor of user 1", box, key); err != nil || string(plain) != "shared" {
		t.Error(plain, err)
	}
	if _, err := v.OpenSecret("factor of user 2", box, key); err == nil {
		t.Error("somebody else's secret opens")
	}
	if _, err := v.OpenSecret("factor of user 1", box[:5], key); err == nil {
		t.Error("half a box opens")
	}
	if _, err := v.OpenSecret("factor of user 1", box, key+1); err == nil {
		t.Error("another key opens it")
	}
}
