package screening

// Pack is for tests that write the table themselves.
var Pack = pack

// ShortRuns lets runs of tubes end after a few rows.
func ShortRuns() { runLength = 3 }

// A row of tube, packed and read back.
type TubeRow = tubeRow

// RowOf makes a row of tube.
func RowOf(seq, op, kind int64, t Tube) TubeRow {
	r := tubeRow{Tube: t, seq: seq, op: op, kind: kind}
	r.Ops = 1
	r.made(op)
	return r
}

var (
	PackRun   = packRun
	UnpackRun = unpackRun
)
