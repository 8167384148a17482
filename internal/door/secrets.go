package door

import (
	"context"
	"encoding/csv"
	"io"
	"regexp"
	"strconv"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

var siteForm = regexp.MustCompile(`^https?://[0-9A-Za-z.:\[\]-]{1,200}$`)

// WriteSecrets writes the result secrets of an area as CSV, to be printed with the personal codes: person, no, code, secret,
// link. site is the address residents open; the secret stands behind # in the link, which browsers send to nobody. begin is
// called before the first byte; a refusal comes before that. The last line is "end" and how many there are.
func (h House) WriteSecrets(ctx context.Context, by outbreak.Actor, below outbreak.Path, site string, w io.Writer, begin func()) error {
	if site != "" && !siteForm.MatchString(site) {
		return outbreak.Refuse(outbreak.Invalid, "door.site_form")
	}
	const part = 1000
	out := csv.NewWriter(w)
	after, n := int64(0), 0
	for {
		list, err := h.Registry.GiveSecrets(ctx, by, registry.GiveSecrets{Below: below, After: after, Most: part})
		if err != nil {
			return err
		}
		if n == 0 {
			begin()
			_ = out.Write([]string{"person", "no", "code", "secret", "link"}) // the end tells
		}
		for _, g := range list {
			link := ""
			if site != "" {
				link = site + "/my#" + g.Secret
			}
			_ = out.Write([]string{g.Person.String(), strconv.FormatInt(g.No, 10), g.Code, g.Secret, link})
			after, n = g.No, n+1
		}
		if len(list) < part {
			_ = out.Write([]string{"end", strconv.Itoa(n), "", "", ""})
			out.Flush()
			return out.Error()
		}
	}
}
