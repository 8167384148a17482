package linelist

import "testing"

func TestAFewOddDaysHideNoOutbreak(t *testing.T) {
	days := make([]int, 6000)
	if first, last := drawn(days); first <= last {
		t.Errorf("of no case the days %d to %d are drawn", first, last)
	}
	for i := range 100 {
		days[500+i] = 3
	}
	if first, last := drawn(days); first != 500 || last != 599 {
		t.Errorf("an outbreak is drawn from %d to %d", first, last)
	}
	days[5900] = 1
	if first, last := drawn(days); first != 500 || last != 599 {
		t.Errorf("with one odd case it is drawn from %d to %d", first, last)
	}
	days[5900] = 3
	if first, last := drawn(days); first != 5900 || last != 5900 {
		t.Errorf("a new wave is drawn from %d to %d", first, last)
	}
	for i := range days {
		days[i] = 1
	}
	if first, last := drawn(days); first != 6000-mostBars || last != 5999 {
		t.Errorf("of too many days %d to %d are drawn", first, last)
	}
}
