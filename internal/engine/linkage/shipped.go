package linkage

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed shipped.json
var shipped []byte

// Shipped is the model to begin with, until a house has learnt from its own people: it was learnt from an invented town
// (shipped_test.go), and knows no names.
var Shipped = func() *Model {
	m, err := ReadModel(shipped)
	if err != nil {
		panic(err)
	}
	return m
}()

// ReadModel reads a model that was kept as JSON. One whose shares do not fit the fields of today is refused.
func ReadModel(text []byte) (*Model, error) {
	m := &Model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("reading a model of linkage: %w", err)
	}
	for c, x := range m.Classes {
		for f, s := range scales {
			if x.Share <= 0 || len(x.Levels[f]) != len(s.levels) || len(x.Against[f]) != len(s.levels) {
				return nil, fmt.Errorf("reading a model of linkage: class %d says too little of %s", c, s.name)
			}
		}
	}
	return m, nil
}
