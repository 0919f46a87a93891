package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meldklok/incident"
	"meldklok/incident/people"
)

// secrets are pieces of what busy and secretive record; none may be found in a
// file, whole or in part.
var secrets = []string{
	"Vermeer", "s.vermeer", "ziekenhuis", "Brief naar", "verkeerd adres", "cardiologie", "7f3a", "burgerservicenummer",
	"anna@", "Anna Prins", "argon2id", "geheim", "ongeopend", "retour", "INBOX", "ontslagbrief.docx", "Nog 48 uur",
	"Datalek bij cardiologie", "confidentiality", "officer", "SettingValue",
}

// secretive records what busy leaves out: a title, a form with a file, a setting.
func secretive(t *testing.T, r *rig, refs []incident.Ref) {
	t.Helper()
	svc, ctx := r.service(), context.Background()
	_, err := svc.Do(ctx, refs[0], incident.ByPerson("p1"), incident.Describe{Title: "Datalek bij cardiologie", Summary: "ontslagbrief verwisseld"})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = svc.ReportForm(ctx, incident.Form{
		Lang: "nl", What: "De ontslagbrief ging naar een verkeerd adres", Name: "Sanne Vermeer", Email: "s.vermeer@ziekenhuis.example",
		Files: []incident.FormFile{{Name: "ontslagbrief.docx", Type: "text/plain", Data: []byte(strings.Repeat("uitslag cardiologie ", 50))}},
	}, incident.ChannelForm)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Update(ctx, func(tx incident.Tx) error {
		_, err := tx.Append(incident.OrgStream(), incident.Act{By: incident.System, Now: start}, &incident.SettingSet{Name: "x", Value: []byte(`"SettingValue"`)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNoContentInTheFiles(t *testing.T) {
	dir := t.TempDir()
	r := onDisk(t, dir)
	secretive(t, r, busy(t, r))
	r.verify()
	files := archived(t, r)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{RecordFile, KeyFile} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = raw
	}
	for name, raw := range files {
		lower := bytes.ToLower(raw)
		for _, secret := range secrets {
			if bytes.Contains(lower, bytes.ToLower([]byte(secret))) {
				t.Errorf("%s contains %q", name, secret)
			}
		}
	}
	if !bytes.Contains(files[RecordFile], []byte(`"planned"`)) {
		t.Error("not even the counters are found: the search lost its grip")
	}
}

// Keys of rows are numbers, instants and keyed hashes.
func TestNoContentInTheKeysOfRows(t *testing.T) {
	r := inMemory(t)
	secretive(t, r, busy(t, r))
	for _, table := range recordTables() {
		for _, row := range rawRows(t, r.record, table) {
			for _, secret := range secrets {
				if bytes.Contains(bytes.ToLower(row.key), bytes.ToLower([]byte(secret))) {
					t.Errorf("%s: a key contains %q", tableName(table), secret)
				}
			}
			if size := len(row.key); table != tableMeta && size > 20 {
				t.Errorf("%s: a key of %d bytes: what is in it?", tableName(table), size)
			}
		}
	}
}

// The personal compartment can be destroyed on its own: what is left is the
// register, the chain stays whole.
func TestDestroyedCompartmentLeavesRegisterAndChain(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	ref := report(t, svc, mailText(1, "tekst")).Ref
	inc, err := svc.Incident(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	item := inc.Reports[0].Item
	err = r.keys.Update(func(w Writer) error {
		row := bytes.Clone(w.Get(tableKeys, key8(item)))
		first := row[:1+int(row[0])]
		return w.Put(tableKeys, key8(item), append(bytes.Clone(first), 0, 0))
	})
	if err != nil {
		t.Fatal(err)
	}
	r = r.again()
	r.verify()
	svc = r.service()
	entries, err := svc.Entries(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if b := entries[0].Body.(*incident.Reported); b.Private.Subject != "" || b.Private.From.Email != "" || b.Size == 0 {
		t.Errorf("after destroying the personal key: %+v", b)
	}
	if _, err := svc.Reading(t.Context(), inc, 1); !errors.Is(err, ErrDestroyed) {
		t.Errorf("the raw mail: %v, want ErrDestroyed", err)
	}
}

func TestMasterKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conf", "master.json")
	m := newMaster(t)
	if err := m.Write(path); err != nil {
		t.Fatal(err)
	}
	if err := m.Write(path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a master key was overwritten: %v", err)
	}
	back, err := ReadMaster(path)
	if err != nil || !back.Same(m) {
		t.Fatalf("read back: %v", err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadMaster(path); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others may read: %v", err)
	}
	if _, err := ParseMaster([]byte("{}")); err == nil || !strings.Contains(err.Error(), "not a master key") {
		t.Errorf("something else: %v", err)
	}
	if newMaster(t).Same(m) {
		t.Error("two keys are the same")
	}
}

func TestMasterKeyExport(t *testing.T) {
	m := newMaster(t)
	phrase, err := NewPhrase()
	if err != nil {
		t.Fatal(err)
	}
	var export bytes.Buffer
	if err := m.Export(&export, phrase, 10); err != nil {
		t.Fatal(err)
	}
	sealed := export.String()
	if back, err := ImportMaster(strings.NewReader(sealed), phrase+"\n"); err != nil || !back.Same(m) {
		t.Errorf("opened with its phrase: %v", err)
	}
	if _, err := ImportMaster(strings.NewReader(sealed), "aaaaa-bbbbb"); err == nil || !strings.Contains(err.Error(), "does not open") {
		t.Errorf("opened with another phrase: %v", err)
	}
	if strings.Contains(sealed, "keyData") {
		t.Error("the export shows the key")
	}
}

// A person's e-mail address is found through the record and not in its file.
func TestPeopleComeBack(t *testing.T) {
	r := inMemory(t)
	svc := r.service()
	id, err := svc.SetPerson(t.Context(), incident.System, people.Person{Email: "anna@ziekenhuis.example", Roles: []people.Role{people.Officer}})
	if err != nil {
		t.Fatal(err)
	}
	org, err := r.again().service().Org(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := org.People.Find(id); !ok || p.Email != "anna@ziekenhuis.example" {
		t.Errorf("came back as %+v", p)
	}
}
