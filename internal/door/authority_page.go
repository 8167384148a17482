package door

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"breakwater/internal/words"
)

//go:embed page
var pageFiles embed.FS

var authorityTemplate = template.Must(template.ParseFS(pageFiles, "page/authority.html"))

// pageLang writes the sentences of a page in one language.
type pageLang struct{ Lang words.Lang }

// Text gives a sentence.
func (l pageLang) Text(key string) string { return words.Text(l.Lang, key, nil) }

// Tag names the language to the browser.
func (l pageLang) Tag() string {
	if l.Lang == words.Chinese {
		return "zh-CN"
	}
	return string(l.Lang)
}

// Page serves the authority's certificate over plain HTTP, with how to install it on a phone, and nothing else: it takes
// nothing in and leads nowhere. urls are the encrypted addresses of the house, written as text. What it shows can be changed
// on the way, so the fingerprint has to be compared with one that came another way.
func (a *Authority) Page(urls []string) (http.Handler, error) {
	data := struct {
		Langs       []pageLang
		Fingerprint []string
		URLs        []string
	}{Fingerprint: groups(a.Fingerprint()), URLs: urls}
	for _, l := range words.Langs {
		data.Langs = append(data.Langs, pageLang{l})
	}
	var page bytes.Buffer
	if err := authorityTemplate.Execute(&page, data); err != nil {
		return nil, err
	}
	css, err := pageFiles.ReadFile("page/page.css")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	give := func(path, kind string, body []byte, disposition string) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Content-Type", kind)
			h.Set("Content-Length", strconv.Itoa(len(body)))
			if disposition != "" {
				h.Set("Content-Disposition", disposition)
			}
			_, _ = w.Write(body) // who left needs no answer
		})
	}
	give("/{$}", "text/html; charset=utf-8", page.Bytes(), "")
	give("/page.css", "text/css; charset=utf-8", css, "")
	give("/breakwater-authority.crt", "application/x-x509-ca-cert", a.Certificate(), `attachment; filename="breakwater-authority.crt"`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	}), nil
}

// groups cuts a fingerprint into groups of four pairs, which can be read aloud.
func groups(print string) []string {
	pairs := strings.Split(print, ":")
	var list []string
	for i := 0; i < len(pairs); i += 4 {
		list = append(list, strings.Join(pairs[i:min(i+4, len(pairs))], " "))
	}
	return list
}
