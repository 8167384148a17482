package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// sealed is a file of which only sealed pieces are on disk, under a key that is in memory alone: nobody can read it once the process
// has ended, and nobody at all after done.
type sealed struct {
	file scratch
	aead cipher.AEAD
	size int64

	mu    sync.Mutex
	at    int64 // the piece read last; -1: none
	piece []byte
	box   []byte
}

const sealedPiece = 64 << 10

// seal writes a file down sealed.
func seal(r io.Reader) (*sealed, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	clear(key)
	if err != nil {
		return nil, err
	}
	s := &sealed{at: -1, piece: make([]byte, sealedPiece)}
	if s.aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	if s.file, err = newScratch(); err != nil {
		return nil, err
	}
	for i := int64(0); ; i++ {
		n, err := io.ReadFull(r, s.piece)
		if n > 0 {
			s.box = s.aead.Seal(s.box[:0], s.nonce(i), s.piece[:n], nil)
			if _, err := s.file.Write(s.box); err != nil {
				s.done()
				return nil, fmt.Errorf("keeping a list: %w", err)
			}
			s.size += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return s, nil
		}
		if err != nil {
			s.done()
			return nil, err
		}
	}
}

func (s *sealed) nonce(i int64) []byte {
	return binary.BigEndian.AppendUint64(make([]byte, s.aead.NonceSize()-8, s.aead.NonceSize()), uint64(i))
}

// ReadAt reads from anywhere.
func (s *sealed) ReadAt(p []byte, off int64) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		if off >= s.size {
			return n, io.EOF
		}
		if err := s.open(off / sealedPiece); err != nil {
			return n, err
		}
		m := copy(p[n:], s.piece[off%sealedPiece:])
		n, off = n+m, off+int64(m)
	}
	return n, nil
}

func (s *sealed) open(i int64) error {
	if s.at == i {
		return nil
	}
	long := sealedPiece + int64(s.aead.Overhead())
	box := make([]byte, long)
	n, err := s.file.ReadAt(box, i*long)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	s.at = -1
	if s.piece, err = s.aead.Open(s.piece[:0], s.nonce(i), box[:n], nil); err != nil {
		return fmt.Errorf("reading a list that was kept: %w", err)
	}
	s.at = i
	return nil
}

func (s *sealed) done() {
	s.file.done()
	clear(s.piece)
}
