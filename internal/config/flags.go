package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
)

// rawFlag is a flag that keeps its texts: they are read with those of the
// other places.
type rawFlag struct {
	option option
	texts  []string
}

var _ pflag.Value = (*rawFlag)(nil)

// Set keeps a text. Lists grow with each flag; else the last one counts.
func (f *rawFlag) Set(text string) error {
	if f.option.isList() {
		f.texts = append(f.texts, f.option.split(text)...)
	} else {
		f.texts = []string{text}
	}
	return nil
}

// String is the texts, or the default for --help.
func (f *rawFlag) String() string {
	if f.texts == nil {
		return f.option.def
	}
	return strings.Join(f.texts, ",")
}

// Type is what --help calls the value.
func (f *rawFlag) Type() string { return f.option.typeName() }

// AddFlags adds a flag for each setting that may stand on the command line,
// and --config. Their help names the environment variable.
func (l *Loader[T]) AddFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "YAML `file` with settings ("+envName(l.prefix, "config")+")")
	for _, o := range l.schema.options {
		if !o.hasFlag() {
			continue
		}
		if o.isFile {
			o.def = ""
		}
		flag := flags.VarPF(&rawFlag{option: o}, o.key, "", o.usage()+" ("+envName(l.prefix, o.key)+")")
		if o.typeName() == "bool" {
			flag.NoOptDefVal = "true"
		}
	}
}

// FlagError adds the nearest flag to the error about one that does not exist;
// other errors come back as they are.
func FlagError(flags *pflag.FlagSet, err error) error {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return err
	}
	var known []string
	flags.VisitAll(func(f *pflag.Flag) { known = append(known, "--"+f.Name) })
	return fmt.Errorf("%w%s", err, didYouMean("--"+unknown.GetSpecifiedName(), known))
}

// flagValues picks the flags that were given, and the file they name.
func (l *Loader[T]) flagValues(flags *pflag.FlagSet) (layer, string, []error) {
	found, file, problems := layer{}, "", []error(nil)
	if flags == nil {
		return found, file, nil
	}
	flags.Visit(func(flag *pflag.Flag) {
		if flag.Name == "config" {
			file = flag.Value.String()
			return
		}
		raw, ok := flag.Value.(*rawFlag)
		if !ok {
			return // the program's own
		}
		v := value{Key: raw.option.key, Source: "flag --" + flag.Name, Texts: raw.texts}
		if err := found.put(raw.option, v); err != nil {
			problems = append(problems, err)
		}
	})
	return found, file, problems
}
