package registry_test

import (
	"errors"
	"testing"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

// TestASerialTypedWrongIsNamed counts between serials one of which has a character wrong: it is the one that is named.
func TestASerialTypedWrongIsNamed(t *testing.T) {
	first := outbreak.TubeCode("M00000001" + string(outbreak.SerialCheck("M00000001")))
	last, _ := first.Plus(9, true)
	if n, err := registry.CountSerials(first, last, true); err != nil || n != 9 {
		t.Fatalf("%d serials behind the first: %v", n, err)
	}
	wrong := "N" + last[1:]
	for _, pair := range [][2]outbreak.TubeCode{{wrong, last}, {first, wrong}} {
		_, err := registry.CountSerials(pair[0], pair[1], true)
		told, is := errors.AsType[*outbreak.Error](err)
		if !is || told.Msg != "registry.serial_check" || told.Slots["serial"] != string(wrong) {
			t.Errorf("%v: %v", pair, err)
		}
	}
	if _, err := registry.CountSerials(last, first, true); err == nil {
		t.Error("from the last to the first is counted")
	}
}
