package rewrite

import (
	"context"
	"io/fs"

	"github.com/regmigrate/regmigrate/pkg/format"
	"github.com/regmigrate/regmigrate/pkg/rules"
)

// EditText returns a function that returns the file called name with all edits that the rules
// allow in this file by itself, in all scopes and also of likely images. It shows proofs which
// words of texts are images.
func EditText(set *rules.Set) func(ctx context.Context, name string, src []byte) ([]byte, error) {
	return editText(set, nil)
}

// EditTextIn is EditText for files of tree, which has the files that say how they are used.
func EditTextIn(set *rules.Set, tree fs.FS) func(ctx context.Context, name string, src []byte) ([]byte, error) {
	return editText(set, format.OtherFilesOf(tree))
}

func editText(set *rules.Set, others *format.OtherFiles) func(ctx context.Context, name string, src []byte) ([]byte, error) {
	return func(ctx context.Context, name string, src []byte) ([]byte, error) {
		scopes, err := format.ParseScopes([]string{"all"})
		if err != nil {
			return nil, err
		}
		plan, err := PlanText(ctx, Options{Rules: set, Scopes: scopes, AssumeImages: true, otherFiles: others}, name, src)
		if err != nil || len(plan.Files) == 0 {
			return src, err
		}
		return plan.Files[0].After(), nil
	}
}
