package web

import (
	"bytes"
	"fmt"
	"html/template"
	"slices"
	"text/template/parse"
)

// settle returns a copy of a page in one language in which everything stands
// as text that is the same for every reader: sentences without arguments, and
// inputs that nobody has filled in. The template engine finds every field and
// method anew at every use, so what is not asked of it is what makes a page
// quick: most of the incident's page is forms.
//
//	{{.T "base.skip"}}                             the sentence
//	{{template "text" (.Field "link" "to")}}       {{if .Untouched "link" "to"}}the input{{else}}as written{{end}}
//	{{template "act-open" (.Act "link" $base)}}    the same, with the path put into it
//	{{template "act-close" (.Button "link")}}      the part
func settle(plain *template.Template, lang string) (*template.Template, error) {
	drawn, err := plain.Clone() // parts are drawn from one copy; what was drawn from cannot be changed
	if err != nil {
		return nil, err
	}
	page, err := plain.Clone()
	if err != nil {
		return nil, err
	}
	s := &settler{view: &View{Lang: lang}, parts: drawn}
	for _, t := range page.Templates() {
		if t.Tree != nil {
			if err := s.list(t.Tree.Root); err != nil {
				return nil, fmt.Errorf("%s: %w", t.Name(), err)
			}
		}
	}
	return page, nil
}

// settler walks the parts of one page.
type settler struct {
	view  *View // of nobody, with nothing filled in
	parts *template.Template
}

func (s *settler) list(l *parse.ListNode) (err error) {
	if l == nil {
		return nil
	}
	for i, n := range l.Nodes {
		if l.Nodes[i], err = s.node(n); err != nil {
			return err
		}
	}
	return nil
}

func (s *settler) node(n parse.Node) (parse.Node, error) {
	switch n := n.(type) {
	case *parse.IfNode:
		return n, s.branch(&n.BranchNode)
	case *parse.RangeNode:
		return n, s.branch(&n.BranchNode)
	case *parse.WithNode:
		return n, s.branch(&n.BranchNode)
	case *parse.ActionNode:
		if c := callOf(n.Pipe); c != nil && c.method == "T" && len(c.args) == 1 && c.last == nil {
			return text(n, template.HTMLEscapeString(s.view.T(c.args[0]))), nil
		}
	case *parse.TemplateNode:
		return s.part(n)
	}
	return n, nil
}

func (s *settler) branch(b *parse.BranchNode) error {
	if err := s.list(b.List); err != nil {
		return err
	}
	return s.list(b.ElseList)
}

// part draws a part whose data follow from constants alone.
func (s *settler) part(n *parse.TemplateNode) (parse.Node, error) {
	c := callOf(n.Pipe)
	if c == nil {
		return n, nil
	}
	switch {
	case c.method == "Button" && len(c.args) == 1 && c.last == nil:
		return s.draw(n, s.view.Button(c.args[0]))
	case c.method == "Field" && len(c.args) >= 2 && c.last == nil:
		empty, err := s.draw(n, s.view.Field(c.args[0], c.args[1], c.args[2:]...))
		if err != nil {
			return nil, err
		}
		return untouched(c, fmt.Sprintf("Untouched %q %q", c.args[0], c.args[1]), n, empty)
	case c.method == "Act" && len(c.args) == 1 && c.last != nil:
		return s.act(c, n)
	}
	return n, nil
}

// act draws the frame of an action's form. Its path differs from case to case.
func (s *settler) act(c *call, n *parse.TemplateNode) (parse.Node, error) {
	const path = "/the-path"
	drawn, err := s.draw(n, s.view.Act(c.args[0], path))
	if err != nil {
		return nil, err
	}
	before, after, ok := bytes.Cut(drawn.Text, []byte(path))
	if !ok {
		return n, nil
	}
	base := &parse.ActionNode{NodeType: parse.NodeAction, Pos: n.Pos, Line: n.Line, Pipe: &parse.PipeNode{
		NodeType: parse.NodePipe, Pos: n.Pos, Line: n.Line,
		Cmds: []*parse.CommandNode{{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{c.last}}},
	}}
	return untouched(c, fmt.Sprintf("Calm %q", c.args[0]), n, text(n, string(before)), base, text(n, string(after)))
}

// draw executes a part for nobody. Parts stand between elements and hold whole
// ones, so what they draw may stand there as it is.
func (s *settler) draw(n *parse.TemplateNode, data any) (*parse.TextNode, error) {
	var out bytes.Buffer
	if err := s.parts.ExecuteTemplate(&out, n.Name, data); err != nil {
		return nil, err
	}
	return text(n, out.String()), nil
}

// untouched makes the choice between what was drawn and the part as written:
// the view has a method that tells whether the first will do.
func untouched(c *call, asks string, written parse.Node, drawn ...parse.Node) (parse.Node, error) {
	trees, err := parse.Parse("untouched", "{{if "+c.on+"."+asks+"}}drawn{{else}}written{{end}}", "", "")
	if err != nil {
		return nil, err
	}
	choice := trees["untouched"].Root.Nodes[0].(*parse.IfNode)
	choice.List.Nodes, choice.ElseList.Nodes = drawn, []parse.Node{written}
	return choice, nil
}

func text(at parse.Node, s string) *parse.TextNode {
	return &parse.TextNode{NodeType: parse.NodeText, Pos: at.Position(), Text: []byte(s)}
}

// call is a method of the view with constant texts as arguments.
type call struct {
	on     string // how the view is called: nothing for the dot, or "$"
	method string
	args   []string
	last   parse.Node // a variable after them; nil if there is none
}

// callOf reads a pipeline as such a call; nil if it is anything else.
func callOf(p *parse.PipeNode) *call {
	if p == nil || len(p.Decl) > 0 || len(p.Cmds) != 1 || len(p.Cmds[0].Args) == 0 {
		return nil
	}
	args := p.Cmds[0].Args
	if inner, ok := args[0].(*parse.PipeNode); ok && len(args) == 1 {
		return callOf(inner)
	}
	c := new(call)
	switch f := args[0].(type) {
	case *parse.FieldNode:
		if len(f.Ident) != 1 {
			return nil
		}
		c.method = f.Ident[0]
	case *parse.VariableNode:
		if len(f.Ident) != 2 || f.Ident[0] != "$" {
			return nil
		}
		c.on, c.method = "$", f.Ident[1]
	default:
		return nil
	}
	if !slices.Contains([]string{"T", "Field", "Act", "Button"}, c.method) {
		return nil
	}
	for i, a := range args[1:] {
		switch a := a.(type) {
		case *parse.StringNode:
			c.args = append(c.args, a.Text)
		case *parse.VariableNode:
			if i != len(args)-2 {
				return nil
			}
			c.last = a
		default:
			return nil
		}
	}
	return c
}
