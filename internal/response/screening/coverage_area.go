package screening

import (
	"slices"
	"sync"

	"breakwater/internal/outbreak"
)

// areaList numbers the areas of tubes.
type areaList struct {
	mu     sync.RWMutex
	paths  []outbreak.Path
	places map[outbreak.Path]uint32
}

func (l *areaList) place(path outbreak.Path) uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, known := l.places[path]
	if !known {
		if l.places == nil {
			l.places = map[outbreak.Path]uint32{}
		}
		i = uint32(len(l.paths))
		l.paths, l.places[path] = append(l.paths, path), i
	}
	return i
}

// all gives the paths by their numbers.
func (l *areaList) all() []outbreak.Path {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.Clone(l.paths)
}
