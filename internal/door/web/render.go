package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"strings"
	"sync"
)

//go:embed templates
var templateFiles embed.FS

// pages are the templates: one set per page, each with the layout and the shared parts.
type pages map[string]*template.Template

// loadPages reads the templates, once in a program however many servers it starts: they never change. Begin has them read while
// something else is waited for.
var loadPages = sync.OnceValues(readPages)

// Begin reads what every server of this door needs, in the background.
func Begin() {
	go func() { _, _ = loadPages() }()
	go func() { _, _ = loadAssets() }()
}

func readPages() (pages, error) {
	shared, err := template.New("shared").Option("missingkey=error").ParseFS(templateFiles, "templates/layout/*.html")
	if err != nil {
		return nil, fmt.Errorf("reading the layout: %w", err)
	}
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("listing the templates: %w", err)
	}
	all := pages{}
	for _, file := range files {
		set, err := shared.Clone()
		if err != nil {
			return nil, fmt.Errorf("preparing %s: %w", file, err)
		}
		if set, err = set.ParseFS(templateFiles, file); err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all[strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html")] = set
	}
	return all, nil
}

// write executes one block of a page: "layout" for all of it, a fragment's name for a part. Nothing is sent before all of
// it was made, so that a failing template becomes an error page and not half a page.
func (p pages) write(name, block string, data page) ([]byte, error) {
	set, ok := p[name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", name)
	}
	var b bytes.Buffer
	if err := set.ExecuteTemplate(&b, block, data); err != nil {
		return nil, fmt.Errorf("writing page %s, block %s: %w", name, block, err)
	}
	return b.Bytes(), nil
}

// has tells whether a page has a block of that name.
func (p pages) has(name, block string) bool {
	set, ok := p[name]
	return ok && set.Lookup(block) != nil
}
