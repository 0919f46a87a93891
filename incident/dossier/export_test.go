package dossier

// HasDerivation and HasCondition let a test hold the forms against the rules.
func HasDerivation(name string) bool { _, ok := derivations()[name]; return ok }
func HasCondition(name string) bool  { _, ok := conditions()[name]; return ok }
