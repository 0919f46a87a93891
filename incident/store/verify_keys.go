package store

import (
	"bytes"
	"errors"
	"fmt"

	"meldklok/incident"
	"meldklok/incident/people"
)

// keys unwraps every key, so that one that is used for the first time tomorrow
// is known to be sound today.
func (c *checker) keys() error {
	var from []byte
	for more := true; more; {
		more = false
		err := c.s.failed(c.s.keys.engine.View(func(r Reader) (err error) {
			n := 0
			r.Ascend(tableKeys, from, func(k, row []byte) bool {
				err = c.s.keys.sound(number(k), row)
				from, n = append(bytes.Clone(k), 0), n+1
				more = n == sliceRows
				return err == nil && !more
			})
			return errors.Join(err, c.ctx.Err())
		}))
		if err != nil {
			return err
		}
	}
	return nil
}

// sound returns an error unless every key in a row of the file of keys unwraps
// or was destroyed.
func (k *keyring) sound(item uint64, row []byte) error {
	err := eachWrapped(row, func(c int, wrapped []byte) error {
		if len(wrapped) == 0 {
			return nil
		}
		_, err := k.master.Decrypt(wrapped, wrapContext(item, c))
		return err
	})
	if err != nil {
		return fmt.Errorf("the keys of item %d: %w", item, err)
	}
	return nil
}

// stillGone returns an error if a key is there that a log says was destroyed: an
// older file of keys brings them back.
func (v *view) stillGone(item uint64, part incident.Parts, c Compartment) error {
	if v.doomed(item).Has(part) {
		return nil
	}
	switch _, err := v.s.keys.primitive(item, c); {
	case errors.Is(err, ErrDestroyed):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("the keys of item %d were destroyed, and are there again: %s is an older one", item, KeyFile)
}

// auditGone looks whether what an incident's log says was destroyed is gone.
func (v *view) auditGone(inc *incident.Incident) error {
	for _, r := range inc.Reports {
		if r.Gone != nil {
			if err := v.stillGone(r.Item, incident.PartOriginals, Originals); err != nil {
				return err
			}
		}
		if r.Forgotten != nil {
			if err := v.stillGone(r.Item, incident.PartPersonal, Personal); err != nil {
				return err
			}
		}
	}
	for _, f := range inc.Files {
		if f.Gone != nil {
			if err := v.stillGone(f.Item, incident.PartOriginals, Originals); err != nil {
				return err
			}
		}
	}
	return nil
}

// auditOrgGone does the same for parked messages and for persons.
func (v *view) auditOrgGone() error {
	keys := map[people.ID]uint64{}
	for e, err := range v.Log(incident.OrgStream(), 0) {
		if err != nil {
			return err
		}
		switch b := e.Body.(type) {
		case *incident.PersonSet:
			if b.Key != 0 {
				keys[b.ID] = b.Key
			}
		case *incident.Destroyed:
			for _, item := range b.Items {
				if err := v.stillGone(item, incident.PartPersonal, Personal); err != nil {
					return err
				}
			}
			if key := keys[b.Person]; key != 0 {
				if err := v.stillGone(key, incident.PartPersonal, Personal); err != nil {
					return err
				}
				delete(keys, b.Person)
			}
		}
	}
	return nil
}
