package cli

import (
	"fmt"
	"os"
	"strings"

	"breakwater/internal/app"
	"breakwater/internal/ledger/access"
	"breakwater/internal/outbreak"
)

// listening says at which addresses, and with which certificates, a site is served.
type listening struct {
	Lists      string   `name:"lists" help:"Folder in which the folders of other parties are watched for their lists." placeholder:"DIR"`
	BoothAddr  string   `name:"booth-addr" help:"Address for sampling points alone, with limits of its own: a crowd of staff does not slow them." placeholder:":8310"`
	PublicAddr string   `name:"public-addr" help:"Address for residents alone, with limits of its own." placeholder:":8320"`
	HL7Addr    string   `name:"hl7-addr" help:"Address for HL7 v2 results of laboratories' own systems (MLLP), each message with a token in MSH-8. Default: none." placeholder:":2575"`
	HL7From    []string `name:"hl7-from" help:"Address or network that may connect to it; may be repeated. Default: everybody over TLS, this machine alone without." placeholder:"10.0.0.5"`
	Cert       string   `help:"Certificate with its chain, in PEM; read again when the file changes." placeholder:"FILE"`
	KeyFile    string   `name:"key-file" help:"Key of the certificate, in PEM." placeholder:"FILE"`
	ACME       []string `name:"acme" help:"Name of the site to get a certificate for by itself; may be repeated. Accepts the terms of the authority." placeholder:"HOST"`
	ACMEMail   string   `name:"acme-email" help:"Whom the authority writes to when a certificate is in danger." placeholder:"MAIL"`
	ACMEAt     string   `name:"acme-directory" help:"Address of the authority's directory. Default: Let's Encrypt." placeholder:"URL"`
	ACMEAddr   string   `name:"acme-addr" help:"Address for the authority's questions over plain HTTP, which sends everybody else to https. Not needed when --addr is port 443." placeholder:":80"`
	LocalCA    bool     `name:"local-ca" help:"Certificates of an authority of this site's own, for a network without the Internet."`
	CAAddr     string   `name:"ca-addr" help:"Address of the page that installs the site's own authority on phones." default:":8301"`

	SecondFactor string `name:"require-second-factor" help:"Who has to show a second factor: names (whoever can open names), all or none." enum:"names,all,none" default:"names"`
	OIDCIssuer   string `name:"oidc-issuer" help:"Address of the office's own sign-in (OpenID Connect)." placeholder:"https://id.example.org"`
	OIDCClient   string `name:"oidc-client-id" help:"What this site is called there." placeholder:"ID"`
	OIDCSecret   string `name:"oidc-client-secret-file" help:"File with the secret this site has there." placeholder:"FILE"`
}

// into puts the flags into the house's configuration.
func (l listening) into(c *app.Config) error {
	if (l.Cert == "") != (l.KeyFile == "") {
		return outbreak.Refuse(outbreak.Invalid, "cli.certificate_halves")
	}
	ways := 0
	for _, chosen := range []bool{l.Cert != "", len(l.ACME) > 0, l.LocalCA} {
		if chosen {
			ways++
		}
	}
	if ways > 1 {
		return outbreak.Refuse(outbreak.Invalid, "cli.certificate_ways")
	}
	c.BoothAddr, c.PublicAddr, c.HL7Addr, c.Lists = l.BoothAddr, l.PublicAddr, l.HL7Addr, l.Lists
	for _, from := range l.HL7From {
		network, err := networkOf(from)
		if err != nil {
			return err
		}
		c.HL7From = append(c.HL7From, network)
	}
	c.TLS = app.TLS{Cert: l.Cert, Key: l.KeyFile, ACME: l.ACME, Email: l.ACMEMail, Directory: l.ACMEAt, LocalCA: l.LocalCA, PlainAddr: l.ACMEAddr}
	if l.LocalCA {
		c.TLS.PlainAddr = l.CAAddr
	}
	c.SecondFactor = access.FactorRule(l.SecondFactor)
	return l.directory(c)
}

// directory puts the office's own sign-in into the configuration.
func (l listening) directory(c *app.Config) error {
	if l.OIDCIssuer == "" {
		return nil
	}
	if l.OIDCClient == "" || l.OIDCSecret == "" {
		return outbreak.Refuse(outbreak.Invalid, "cli.directory_halves")
	}
	secret, err := os.ReadFile(l.OIDCSecret)
	if err != nil {
		return fmt.Errorf("reading the secret of the directory: %w", err)
	}
	c.Directory = app.DirectoryConfig{Issuer: l.OIDCIssuer, Client: l.OIDCClient, Secret: strings.TrimSpace(string(secret))}
	return nil
}

// tell says where the entrances are.
func (l listening) tell(r *run, a *app.App) {
	if fresh, err := a.Fresh(r.ctx); err == nil && fresh {
		r.say("cli.first_visit", "url", a.URL()+"/setup", "code", a.House.SetupCode)
	}
	if url := a.URLOf("booth"); url != "" {
		r.say("cli.serving_booths", "url", url)
	}
	if url := a.URLOf("public"); url != "" {
		r.say("cli.serving_public", "url", url)
	}
	if at := a.HL7At(); at.IsValid() {
		r.say("cli.serving_hl7", "addr", at.String())
	}
	if print := a.Fingerprint(); print != "" {
		r.say("cli.authority", "url", a.URLOf("plain"), "fingerprint", print)
	}
}
