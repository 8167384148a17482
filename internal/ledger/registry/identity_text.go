package registry

import (
	"encoding/binary"
	"encoding/json"
	"errors"
)

// identityForm begins a box of today: the fields in their order, each with its length before it. What was sealed by former
// states of the program begins with a brace and is JSON.
const identityForm = 1

func (i *Identity) fields() [6]*string {
	return [6]*string{&i.Name, &i.DocumentKind, &i.Document, &i.Birth, &i.Phone, &i.Address}
}

// appendText writes an identity as it is sealed.
func (i Identity) appendText(to []byte) []byte {
	to = append(to, identityForm)
	for _, f := range i.fields() {
		to = binary.AppendUvarint(to, uint64(len(*f)))
		to = append(to, *f...)
	}
	return to
}

// readIdentity reads what was sealed, in either form.
func readIdentity(text []byte) (i Identity, err error) {
	if len(text) == 0 || text[0] != identityForm {
		return i, json.Unmarshal(text, &i)
	}
	text = text[1:]
	for _, f := range i.fields() {
		n, size := binary.Uvarint(text)
		if size <= 0 || n > uint64(len(text)-size) {
			return Identity{}, errors.New("a sealed identity is cut short")
		}
		*f = string(text[size : size+int(n)])
		text = text[size+int(n):]
	}
	if len(text) > 0 {
		return Identity{}, errors.New("a sealed identity has something behind it")
	}
	return i, nil
}
