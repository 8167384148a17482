package exchange

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"breakwater/internal/ledger/access"
	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
	"breakwater/internal/store"
)

// KeptFile reads a file that is kept in sealed pieces. It may be read from several places at a time.
type KeptFile struct {
	ctx   context.Context
	db    *store.DB
	chest *registry.Chest
	list  string
	first int64 // place
	size  int64

	mu     sync.Mutex
	pieces [4]openPiece // read last
	next   int
}

type openPiece struct {
	place int64
	plain []byte // nil: none
}

// OpenKept opens the file of a list, for as long as it is kept.
func (s *Service) OpenKept(ctx context.Context, by outbreak.Actor, k Kept) (*KeptFile, error) {
	if err := access.RequireAnywhere(by, MayLoad(k.Kind)); err != nil {
		return nil, err
	}
	return s.openKept(ctx, by, k, 0, k.Size)
}

// OpenBack opens the workbook of the rows that came back.
func (s *Service) OpenBack(ctx context.Context, by outbreak.Actor, k Kept) (*KeptFile, error) {
	if err := access.RequireAnywhere(by, MayLoad(k.Kind)); err != nil {
		return nil, err
	}
	if k.Back == 0 {
		return nil, outbreak.Refuse(outbreak.NotFound, "web.files.rejected_gone")
	}
	return s.openKept(ctx, by, k, backPlace, k.Back)
}

func (s *Service) openKept(ctx context.Context, by outbreak.Actor, k Kept, first, size int64) (*KeptFile, error) {
	if k.User != by.User {
		return nil, outbreak.Refuse(outbreak.NotFound, "lists.gone")
	}
	chest, err := s.rooms.Registry.OpenChest(k.chest(), k.lid)
	return &KeptFile{ctx: context.WithoutCancel(ctx), db: s.rooms.DB, chest: chest, list: k.ID, first: first, size: size}, err
}

// Size is how long the file is.
func (f *KeptFile) Size() int64 { return f.size }

// ReadAt reads from anywhere.
func (f *KeptFile) ReadAt(p []byte, off int64) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(p) {
		if off >= f.size {
			return n, io.EOF
		}
		plain, err := f.piece(off / keptPiece)
		if err != nil {
			return n, err
		}
		if int64(len(plain)) <= off%keptPiece {
			return n, io.ErrUnexpectedEOF
		}
		m := copy(p[n:], plain[off%keptPiece:])
		n, off = n+m, off+int64(m)
	}
	return n, nil
}

func (f *KeptFile) piece(i int64) ([]byte, error) {
	place := f.first + i
	for _, p := range f.pieces {
		if p.plain != nil && p.place == place {
			return p.plain, nil
		}
	}
	var box []byte
	if err := f.db.Read(f.ctx, func(tx *store.Tx) error {
		b, is, err := store.One(tx, store.Value[[]byte], "select box from kept_piece where list = $1 and place = $2", f.list, place)
		if err == nil && !is {
			err = outbreak.Refuse(outbreak.NotFound, "lists.gone")
		}
		box = bytes.Clone(b)
		return err
	}); err != nil {
		return nil, err
	}
	plain, err := f.chest.Open(place, box)
	if err != nil {
		return nil, fmt.Errorf("opening a piece of a list that was kept: %w", err)
	}
	f.pieces[f.next], f.next = openPiece{place, plain}, (f.next+1)%len(f.pieces)
	return plain, nil
}
