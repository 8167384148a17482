package outbreak

import (
	"errors"
	"time"
)

// Drift is how far somebody else's clock may run before ours: instruments and telephones do. Whatever claims to have happened
// later than that is refused.
const Drift = 5 * time.Minute

// Rejection says which row of a batch was not taken, and why.
type Rejection struct {
	Row    int            `json:"row"` // index in the batch
	Reason string         `json:"reason"`
	Slots  map[string]any `json:"slots,omitempty"`
}

// Rejections are the rows of a batch that were not taken.
type Rejections []Rejection

// Add notes the refusal of one row; any other error is the whole batch's and comes back.
func (r *Rejections) Add(row int, err error) error {
	e, ours := errors.AsType[*Error](err)
	if !ours || e.Kind == Internal {
		return err
	}
	*r = append(*r, Rejection{Row: row, Reason: e.Msg, Slots: e.Slots})
	return nil
}
