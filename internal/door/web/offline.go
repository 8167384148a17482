package web

import (
	"net/http"

	"breakwater/internal/words"
)

// offlinePage is shown by the browser's worker while the house cannot be reached. It is kept by browsers, so it holds nothing
// of anybody, and speaks every language: who kept it may not be who reads it.
type offlinePage struct{ Langs []words.Lang }

func (s *Server) readOffline(*call) (any, error) { return offlinePage{words.Langs}, nil }

// In gives a sentence in a language of its own.
func (v *View) In(lang words.Lang, key string) string { return words.Text(lang, key, nil) }

// Tag names a language as documents do.
func (v *View) Tag(lang words.Lang) string { return htmlLang(lang) }

// giveWorker sends a worker, which may look after the pages of a scope. It has an address that does not change, since browsers
// look there for a newer one.
func (s *Server) giveWorker(name, scope string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		worker := s.assets.files[s.assets.named[name]]
		h := w.Header()
		h.Set("Content-Type", worker.kind)
		h.Set("Cache-Control", "no-cache")
		h.Set("Service-Worker-Allowed", scope)
		_, _ = w.Write(worker.plain) // who left needs no answer
	}
}
