package registry

import (
	"crypto/hmac"
	"encoding/binary"
	"fmt"
)

// A badge is what somebody who takes swabs signs on with at a device that has no network: of the form of a personal code (code.go),
// with a version of its own, so that neither is taken for the other, and the number of the badge in the place of the person's. Who has no
// badge at hand types its number and a short proof of it. Both hang on the epoch of personal codes: after a lost device badges are printed
// anew. A badge opens nothing; it says whose swabs are in a tube.
const badgeVersion = 2

// Badge is what is printed for somebody who takes swabs.
type Badge struct {
	No   int64  `json:"no"`
	Code string `json:"code"` // to be scanned
	Pin  string `json:"pin"`  // to be typed with the number
}

// Badge makes the badge of a number under the epoch of now. LoadCodes comes before it.
func (s *Service) Badge(no int64) Badge {
	s.codes.mu.RLock()
	defer s.codes.mu.RUnlock()
	b := s.codes.badge(s.codes.now, no)
	return Badge{No: no, Code: codeText.EncodeToString(b[:]), Pin: pinOf(b)}
}

func (c *codes) badge(epoch byte, no int64) (b [codeBytes]byte) {
	b[0], b[1] = badgeVersion, epoch
	binary.BigEndian.PutUint32(b[2:6], uint32(no))
	c.epochs[epoch].proof(b[:6], b[6:])
	return b
}

// pinOf gives the six digits that prove a badge whose number was typed.
func pinOf(b [codeBytes]byte) string {
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(b[6:10])%1_000_000)
}

// ReadBadge reads a badge that was scanned, and whether it carries its proof; a text that is none gives 0.
func (s *Service) ReadBadge(text string) (no int64, proven bool) {
	text = TidyCode(text)
	if len(text) != codeLength {
		return 0, false
	}
	raw, err := codeText.DecodeString(text)
	if err != nil || len(raw) != codeBytes || raw[0] != badgeVersion {
		return 0, false
	}
	no = int64(binary.BigEndian.Uint32(raw[2:6]))
	s.codes.mu.RLock()
	defer s.codes.mu.RUnlock()
	e := s.codes.epochs[raw[1]]
	if e == nil || e.ended {
		return no, false
	}
	b := s.codes.badge(raw[1], no)
	return no, hmac.Equal(b[6:], raw[6:])
}

// ProvesBadge tells whether digits prove the number of a badge, under any epoch that lasts.
func (s *Service) ProvesBadge(no int64, pin string) bool {
	if no < 1 || no > maxBadge {
		return false
	}
	s.codes.mu.RLock()
	defer s.codes.mu.RUnlock()
	for epoch, e := range s.codes.epochs {
		if !e.ended && hmac.Equal([]byte(pinOf(s.codes.badge(epoch, no))), []byte(pin)) {
			return true
		}
	}
	return false
}

// maxBadge is the highest number a badge can carry.
const maxBadge = 1<<32 - 1
