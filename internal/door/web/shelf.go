package web

import (
	"crypto/rand"
	"io"
	"slices"
	"sync"
	"time"

	"breakwater/internal/outbreak"
)

// shelf keeps the rejected rows of files for those who sent them, a while and outside every database: they hold names.
type shelf struct {
	mu   sync.Mutex
	kept []keptFile
}

// keptFile is the rejected rows of one file.
type keptFile struct {
	id   string
	user outbreak.UserID
	file scratch
	at   outbreak.Instant // wall clock
}

const (
	shelfFor  = time.Hour
	mostShelf = 32
)

// put keeps a file and gives the word it is fetched by. What is too old, or too much, goes.
func (s *shelf) put(user outbreak.UserID, file scratch, now outbreak.Instant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear(func(i int, k keptFile) bool {
		return now.Sub(k.at) >= shelfFor || i <= len(s.kept)-mostShelf
	})
	k := keptFile{id: rand.Text(), user: user, file: file, at: now}
	s.kept = append(s.kept, k)
	return k.id
}

// get gives a file to the one who sent it.
func (s *shelf) get(user outbreak.UserID, id string, now outbreak.Instant) (io.Reader, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.kept {
		if k.id == id && k.user == user && now.Sub(k.at) < shelfFor {
			info, err := k.file.Stat()
			if err != nil {
				return nil, err
			}
			return io.NewSectionReader(k.file, 0, info.Size()), nil
		}
	}
	return nil, outbreak.Refuse(outbreak.NotFound, "web.files.rejected_gone")
}

// close drops everything.
func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear(func(int, keptFile) bool { return true })
}

func (s *shelf) clear(drop func(int, keptFile) bool) {
	i := -1
	s.kept = slices.DeleteFunc(s.kept, func(k keptFile) bool {
		i++
		gone := drop(i, k)
		if gone {
			k.file.done()
		}
		return gone
	})
}
