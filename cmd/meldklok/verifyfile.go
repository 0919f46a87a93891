package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"meldklok/incident"
	"meldklok/incident/store"
)

// mostProof bounds what is read into memory of a stranger's archive.
const mostProof = 256 << 20

// verifyCaseFile checks the case file of one incident without a record: the
// hashes of its files, its proof against the chain, and its log against its
// proof.
func verifyCaseFile(w io.Writer, name string, head *incident.Head) error {
	archive, err := zip.OpenReader(name)
	if err != nil {
		return exit(exitRefused, fmt.Errorf("%s is no case file: %w", name, err))
	}
	defer archive.Close()
	files := map[string]*zip.File{}
	for _, f := range archive.File {
		if _, twice := files[f.Name]; twice {
			return exit(exitFailed, fmt.Errorf("the case file is NOT whole: %s stands in it twice", f.Name))
		}
		files[f.Name] = f
	}
	said, err := checkCaseFile(files, head)
	if err != nil {
		return exit(exitFailed, fmt.Errorf("the case file is NOT whole: %w", err))
	}
	_, err = fmt.Fprintln(w, said)
	return err
}

func checkCaseFile(files map[string]*zip.File, head *incident.Head) (said string, err error) {
	sums, err := checkSums(files)
	if err != nil {
		return "", err
	}
	var p store.Proof
	raw, err := readFile(files, caseProof)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return "", fmt.Errorf("%s: %w", caseProof, err)
	}
	list, err := openFile(files, caseDigests)
	if err != nil {
		return "", err
	}
	defer list.Close()
	opened, covered, err := store.CheckProof(p, list, head)
	if err != nil {
		return "", err
	}
	if err := errors.Join(sameLog(files, opened), sameFiles(files, opened)); err != nil {
		return "", err
	}
	said = fmt.Sprintf("whole: %d files; incident %s, %d entries; they lead to head %d:%x", sums, p.Incident, len(opened), p.Head.Seq, p.Head.Hash)
	switch {
	case head == nil:
		said += "\nThe file fits itself. Whether that head is the record's, only a head from elsewhere can say: --head, from an alert mail or a backup."
	case covered < len(opened):
		said += fmt.Sprintf("\nThe head you gave vouches for the first %d entries; the other %d are later than it.", covered, len(opened)-covered)
	default:
		said += "\nThe head you gave vouches for all of them."
	}
	return said, nil
}

// checkSums holds every file against the list: none missing, none more.
func checkSums(files map[string]*zip.File) (n int, err error) {
	raw, err := readFile(files, caseSums)
	if err != nil {
		return 0, err
	}
	listed := map[string]bool{}
	for line := range strings.Lines(string(raw)) {
		want, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || listed[name] {
			return 0, fmt.Errorf("%s has a line that is none: %q", caseSums, line)
		}
		listed[name] = true
		f, err := openFile(files, name)
		if err != nil {
			return 0, err
		}
		sum := sha256.New()
		_, err = io.Copy(sum, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		if hex.EncodeToString(sum.Sum(nil)) != want {
			return 0, fmt.Errorf("%s is not the file that was written", name)
		}
		n++
	}
	if n != len(files)-1 {
		return 0, fmt.Errorf("%d files, %d on the list", len(files)-1, n)
	}
	return n, nil
}

// sameLog compares the log that people read with what the proof opened.
func sameLog(files map[string]*zip.File, opened []store.Opened) error {
	raw, err := readFile(files, caseLog)
	if err != nil {
		return err
	}
	var want bytes.Buffer
	if err := writeJSON(&want, opened); err != nil {
		return err
	}
	if !bytes.Equal(raw, want.Bytes()) {
		return fmt.Errorf("%s does not say what the proof says", caseLog)
	}
	return nil
}

// sameFiles compares the reports and the attached files with the hashes that
// their entries state. What no entry vouches for has no place there.
func sameFiles(files map[string]*zip.File, opened []store.Opened) error {
	want := map[string]string{} // hash by the beginning of a name
	for _, o := range opened {
		var e struct {
			Kind incident.Kind `json:"kind"`
			Body struct {
				Report int    `json:"report"`
				File   int    `json:"file"`
				Hash   []byte `json:"hash"`
			} `json:"body"`
		}
		var private struct {
			SHA256 []byte `json:"sha256"`
		}
		err := json.Unmarshal(o.Register, &e)
		if err == nil && o.Personal != nil {
			err = json.Unmarshal(o.Personal, &private)
		}
		if err != nil {
			return fmt.Errorf("entry %d: %w", o.Seq, err)
		}
		switch e.Kind {
		case incident.Reported{}.Kind():
			want[fmt.Sprintf("reports/%d.", e.Body.Report)] = hex.EncodeToString(private.SHA256)
		case incident.Attached{}.Kind():
			want[fmt.Sprintf("files/%d-", e.Body.File)] = hex.EncodeToString(e.Body.Hash)
		}
	}
	for name := range files {
		if err := sameFile(files, name, want); err != nil {
			return err
		}
	}
	return nil
}

// original matches the names of what came in or was added, up to what tells one
// from the other.
var original = regexp.MustCompile(`^(reports/\d+\.|files/\d+-)`)

func sameFile(files map[string]*zip.File, name string, want map[string]string) error {
	place := original.FindString(name)
	if place == "" {
		return nil
	}
	hash, known := want[place]
	switch {
	case !known:
		return fmt.Errorf("%s belongs to no entry of the log", name)
	case hash == "":
		return nil // recorded by a program that did not state it
	}
	f, err := openFile(files, name)
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != hash {
		return fmt.Errorf("%s is not what its entry in the log says came in", name)
	}
	return nil
}

func openFile(files map[string]*zip.File, name string) (io.ReadCloser, error) {
	f, ok := files[name]
	if !ok {
		return nil, fmt.Errorf("%s is missing", name)
	}
	return f.Open()
}

func readFile(files map[string]*zip.File, name string) ([]byte, error) {
	r, err := openFile(files, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, mostProof))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, nil
}
