package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"breakwater/internal/view/label"
)

//go:embed assets
var assetFiles embed.FS

// asset is one file of the pages, ready to be sent.
type asset struct {
	kind  string // media type
	plain []byte
	small []byte // gzip; nil when it would not be smaller
}

// assets are the files under their hashed names, which never change their content.
type assets struct {
	named map[string]string // "app.css" -> "/static/app.3f2a9c1b04de.css"
	files map[string]asset  // by the hashed path
}

var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// loadAssets reads and compresses the files, once in a program.
var loadAssets = sync.OnceValues(readAssets)

func readAssets() (*assets, error) {
	a := &assets{named: map[string]string{}, files: map[string]asset{}}
	err := fs.WalkDir(assetFiles, "assets", func(file string, d fs.DirEntry, err error) error {
		_, wanted := mediaTypes[path.Ext(file)]
		if err != nil || d.IsDir() || !wanted {
			return err
		}
		plain, err := assetFiles.ReadFile(file)
		if err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
		a.add(strings.TrimPrefix(file, "assets/"), plain)
		return nil
	})
	a.add("labels.css", []byte(label.Style())) // sizes of paper are data
	return a, err
}

func (a *assets) add(name string, plain []byte) {
	sum := sha256.Sum256(plain)
	ext := path.Ext(name)
	hashed := "/static/" + strings.TrimSuffix(path.Base(name), ext) + "." + hex.EncodeToString(sum[:6]) + ext
	a.named[name] = hashed
	a.files[hashed] = asset{kind: mediaTypes[ext], plain: plain, small: shrink(plain)}
}

func shrink(plain []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a right one
	_, _ = z.Write(plain)                                 // a buffer takes everything
	_ = z.Close()
	if b.Len() >= len(plain) {
		return nil
	}
	return b.Bytes()
}

// ServeHTTP sends a file under its hashed name; a browser may keep it for ever.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Vary", "Accept-Encoding")
	body := f.plain
	if f.small != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.small
	}
	_, _ = w.Write(body) // a client that left needs no answer
}
