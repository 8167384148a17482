package cli

import (
	"encoding/json"
	"fmt"
	"os"

	"breakwater/internal/ledger/registry"
	"breakwater/internal/outbreak"
)

type personCmd struct {
	Erase   personEraseCmd   `cmd:"" help:"Destroy a person's identity for good and print the signed receipt."`
	Receipt personReceiptCmd `cmd:"" help:"Print the receipt of an erasure again, or check one."`
}

// out is where a receipt goes.
type out struct {
	Out  string `help:"File for the receipt; it must not be there yet. Default: standard output." placeholder:"FILE" type:"path"`
	JSON bool   `name:"json" help:"One JSON object instead of lines."`
}

type personEraseCmd struct {
	site
	out
	Person string `arg:"" help:"Code of the person."`
	Reason string `required:"" help:"asked, retention, unlawful or mistake."`
	Basis  string `required:"" help:"The article of the law or the decision; without names."`
}

// Run erases a person.
func (c personEraseCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	id, err := outbreak.ParseID[outbreak.PersonID](c.Person)
	if err != nil {
		return err
	}
	receipt, err := a.House.Registry.ErasePerson(r.ctx, console(""), registry.ErasePerson{Person: id, Reason: c.Reason, Basis: c.Basis})
	if receipt.Person != 0 { // also when only the list could not be written
		if err := c.give(r, receipt); err != nil {
			return err
		}
	}
	if err == nil {
		r.say("cli.person_erased", "person", id)
	}
	return err
}

func (o out) give(r *run, receipt registry.Receipt) error {
	text := receipt.Text()
	if o.JSON {
		b, err := json.MarshalIndent(receipt, "", "  ")
		if err != nil {
			return err
		}
		text = string(b) + "\n"
	}
	if o.Out != "" {
		return writeNew(o.Out, text)
	}
	_, err := fmt.Fprint(r.streams.Out, text)
	return err
}

type personReceiptCmd struct {
	site
	out
	Person string `arg:"" optional:"" help:"Code of the person."`
	Verify string `help:"Check a receipt, as JSON, instead: that nothing of it was changed, and that this site signed it." placeholder:"FILE"`
}

// Run prints a receipt again or checks one; a false one is exit status 1.
func (c personReceiptCmd) Run(r *run) error {
	a, done, err := c.open(r)
	if err != nil {
		return err
	}
	defer done()
	if c.Verify != "" {
		return c.verify(r, a.House.Registry.Keys())
	}
	id, err := outbreak.ParseID[outbreak.PersonID](c.Person)
	if err != nil {
		return err
	}
	receipt, err := a.House.Registry.FindErasure(r.ctx, console(""), id)
	if err != nil {
		return err
	}
	return c.give(r, receipt)
}

func (c personReceiptCmd) verify(r *run, keys *registry.Keys) error {
	text, err := os.ReadFile(c.Verify)
	if err != nil {
		return fmt.Errorf("reading the receipt: %w", err)
	}
	var receipt registry.Receipt
	if err := json.Unmarshal(text, &receipt); err != nil || !receipt.Genuine() {
		r.say("cli.receipt_false")
		return errFailed
	}
	if !keys.Signs(receipt.Signer) {
		r.say("cli.receipt_other", "signer", receipt.Signer)
		return errFailed
	}
	r.say("cli.receipt_true", "person", receipt.Person, "at", receipt.ErasedAt)
	return nil
}
