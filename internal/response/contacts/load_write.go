package contacts

import (
	"encoding/json"
	"slices"

	"breakwater/internal/outbreak"
)

// write seals what is to be sealed and keeps everything.
func (l *loading) write() error {
	boxes, err := l.seal()
	if err != nil {
		return err
	}
	if len(l.news) > 0 {
		sealed := make([][]byte, len(l.news))
		for i, link := range l.news {
			sealed[i] = boxes[link.ID]
		}
		if err := keepLinks(l.tx, l.news, sealed); err != nil {
			return err
		}
	}
	for _, link := range l.extras {
		if was, changed := l.was[link.ID]; changed && l.before[link.mark].Version == link.Version {
			if err := change(l.tx, l.by, was, link, boxes[link.ID]); err != nil {
				return err
			}
		}
	}
	if err := keepWaiting(l.tx, l.later); err != nil {
		return err
	}
	if err := endWaiting(l.tx, l.met); err != nil {
		return err
	}
	return keepExtra(l.tx, l.extras)
}

// seal closes what lists say beyond our fields under the keys of those who were exposed, one person's links together.
func (l *loading) seal() (map[outbreak.LinkID][]byte, error) {
	boxes := map[outbreak.LinkID][]byte{}
	for waiting := l.extras; len(waiting) > 0; {
		texts, of := map[outbreak.PersonID][]byte{}, map[outbreak.PersonID]outbreak.LinkID{}
		var later []Link
		for _, link := range waiting {
			closed := slices.DeleteFunc(slices.Clone(link.Extra), func(e Extra) bool { return e.Open })
			if len(closed) == 0 {
				continue
			}
			if _, taken := texts[link.To]; taken {
				later = append(later, link)
				continue
			}
			text, err := json.Marshal(closed)
			if err != nil {
				return nil, err
			}
			texts[link.To], of[link.To] = text, link.ID
		}
		if len(texts) > 0 {
			sealed, err := l.registry.SealAbout(l.tx, texts)
			if err != nil {
				return nil, err
			}
			for person, box := range sealed {
				boxes[of[person]] = box
			}
		}
		waiting = later
	}
	return boxes, nil
}
