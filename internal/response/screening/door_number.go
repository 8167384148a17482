package screening

import (
	"fmt"
	"strconv"
	"strings"

	"breakwater/internal/outbreak"
)

// DoorNumber is what stands on a door sheet: its number and, behind a stroke, a check digit, so that one wrong figure or two that
// changed places are found when somebody types it.
type DoorNumber string

// damm is the table of Damm's check digit.
var damm = [10][10]uint8{
	{0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9}, {1, 7, 5, 0, 9, 8, 3, 4, 2, 6}, {6, 1, 2, 3, 0, 4, 5, 9, 7, 8},
	{3, 6, 7, 4, 2, 0, 9, 5, 8, 1}, {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7}, {9, 4, 3, 8, 6, 1, 7, 2, 0, 5}, {2, 5, 8, 1, 4, 3, 6, 7, 9, 0},
}

func checkOf(digits string) (check uint8) {
	for _, d := range digits {
		check = damm[check][d-'0']
	}
	return check
}

// doorNumber writes the number of a sheet.
func doorNumber(id int64) DoorNumber {
	digits := fmt.Sprintf("%06d", id)
	return DoorNumber(fmt.Sprintf("%s-%d", digits, checkOf(digits)))
}

// id reads a number as somebody typed it.
func (n DoorNumber) id() (int64, error) {
	wrong := outbreak.Refuse(outbreak.Invalid, "screening.door_number")
	digits := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case strings.ContainsRune(" -–—－", r):
			return -1
		}
		return 'x'
	}, string(n))
	if len(digits) < 7 || len(digits) > 19 || strings.Contains(digits, "x") || checkOf(digits) != 0 {
		return 0, wrong
	}
	id, err := strconv.ParseInt(digits[:len(digits)-1], 10, 64)
	if err != nil || id == 0 {
		return 0, wrong
	}
	return id, nil
}

// natural compares names of buildings and doors as people count them: 2 before 10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := leadingNumber(a), leadingNumber(b)
		if x != "" && y != "" {
			p, q := strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if len(p) != len(q) {
				return len(p) - len(q)
			}
			if c := strings.Compare(p, q); c != 0 {
				return c
			}
			a, b = a[len(x):], b[len(y):]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

func leadingNumber(s string) string {
	return s[:len(s)-len(strings.TrimLeft(s, "0123456789"))]
}
