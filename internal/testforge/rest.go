package testforge

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A route is a request that a forge documents, distilled from its description of the API.
// A request that no route describes is a complaint.
type route struct {
	method string
	path   string // below the API; {name} stands for one part
	query  string // the parameters; those that are required end with !
	body   string // NAME:TYPE of the fields, as in source.branch.name:string or ids[]:integer; those that are required end with !
	serve  func(c *call)
}

// A call is a request that agrees with its route.
type call struct {
	g     *Forge
	w     http.ResponseWriter
	vars  map[string]string // the parts of the path
	query url.Values
	body  map[string]any
}

// serveRoutes returns a handler for the routes of an API. foldCase says that the case of
// letters in the path does not matter.
func serveRoutes(g *Forge, routes []route, foldCase bool) apiHandler {
	return func(w http.ResponseWriter, r *http.Request, _ string) {
		if a := r.Header.Values("Authorization"); len(a) != 1 || a[0] != g.dialect.apiAuth(g.Token) {
			writeJSON(w, http.StatusUnauthorized, map[string]string{"message": "the credentials are not valid"})
			return
		}
		path := strings.TrimPrefix(r.URL.EscapedPath(), g.dialect.apiPath+"/")
		for _, x := range routes {
			vars, ok := matchPath(x.path, path, foldCase)
			if !ok || x.method != r.Method {
				continue
			}
			c := &call{g: g, w: w, vars: vars, query: r.URL.Query()}
			if text := c.check(&x, r); text != "" {
				g.complain(w, http.StatusBadRequest, fmt.Sprintf("%s %s: %s", r.Method, path, text))
				return
			}
			x.serve(c)
			return
		}
		g.complain(w, http.StatusNotFound, "no such route: "+r.Method+" "+path)
	}
}

// matchPath compares an escaped path with that of a route, and returns its variable parts.
func matchPath(pattern, path string, foldCase bool) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	vars := map[string]string{}
	for i, w := range want {
		part, err := url.PathUnescape(got[i])
		switch {
		case err != nil:
			return nil, false
		case strings.HasPrefix(w, "{"):
			vars[strings.Trim(w, "{}")] = part
		case w != part && !(foldCase && strings.EqualFold(w, part)):
			return nil, false
		}
	}
	return vars, true
}

// check compares a request with its route. It returns "" or what is wrong, and sets c.body.
func (c *call) check(x *route, r *http.Request) string {
	names := map[string]bool{}
	for _, name := range strings.Fields(x.query) {
		plain := strings.TrimSuffix(name, "!")
		if names[plain] = true; plain != name && c.query.Get(plain) == "" {
			return "the parameter " + plain + " is missing"
		}
	}
	for name := range c.query {
		if !names[name] {
			return "no such parameter: " + name
		}
	}
	if x.body == "" {
		if r.ContentLength > 0 {
			return "the request has a body"
		}
		return ""
	}
	if t := r.Header.Get("Content-Type"); !strings.HasPrefix(t, "application/json") {
		return "the type of the body is " + t
	}
	if err := json.NewDecoder(r.Body).Decode(&c.body); err != nil {
		return err.Error()
	}
	return checkBody(c.body, x.body)
}

// checkBody compares a body with the fields of a route.
func checkBody(body map[string]any, fields string) string {
	types := map[string]string{}
	leaves := map[string][]string{} // types by path
	flatten(body, "", leaves)
	for _, f := range strings.Fields(fields) {
		path, typ, _ := strings.Cut(f, ":")
		types[path] = strings.TrimSuffix(typ, "!")
		if strings.HasSuffix(typ, "!") && leaves[path] == nil {
			return "the field " + path + " is missing"
		}
	}
	for path, got := range leaves {
		want, ok := types[path]
		for name := range types { // an empty list or object
			ok = ok || slices.Contains(got, "empty") && strings.HasPrefix(name, path)
		}
		if !ok {
			return "no such field: " + path
		}
		for _, t := range got {
			if t != want && t != "null" && t != "empty" && !(want == "number" && t == "integer") {
				return fmt.Sprintf("the field %s is %s, expected %s", path, t, want)
			}
		}
	}
	return ""
}

// flatten appends the types of the values in v, by path.
func flatten(v any, path string, out map[string][]string) {
	add := func(t string) { out[path] = append(out[path], t) }
	switch x := v.(type) {
	case nil:
		add("null")
	case string:
		add("string")
	case bool:
		add("boolean")
	case float64:
		if x == float64(int64(x)) {
			add("integer")
		} else {
			add("number")
		}
	case []any:
		if len(x) == 0 {
			out[path+"[]"] = append(out[path+"[]"], "empty")
		}
		for _, e := range x {
			flatten(e, path+"[]", out)
		}
	case map[string]any:
		if len(x) == 0 && path != "" {
			add("empty")
		}
		for k, e := range x {
			flatten(e, strings.TrimPrefix(path+"."+k, "."), out)
		}
	}
}

// get returns the value of the body at a path of names, or nil.
func (c *call) get(path string) any {
	var v any = c.body
	for name := range strings.SplitSeq(path, ".") {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

// str returns a text of the body, or "".
func (c *call) str(path string) string {
	s, _ := c.get(path).(string)
	return s
}

// set sets a text to that of the body at a path, if the body has one.
func (c *call) set(to *string, path string) {
	if s, ok := c.get(path).(string); ok {
		*to = s
	}
}

// list returns the values under a name in a list of the body, such as the user.name of all
// reviewers. For "", it returns the elements.
func (c *call) list(path, name string) (out []any) {
	l, _ := c.get(path).([]any)
	for _, e := range l {
		if name == "" {
			out = append(out, e)
			continue
		}
		sub := &call{}
		sub.body, _ = e.(map[string]any)
		if v := sub.get(name); v != nil {
			out = append(out, v)
		}
	}
	return out
}

func (c *call) reply(status int, v any) { writeJSON(c.w, status, v) }

// fail responds with an error in a form that all forges understand.
func (c *call) fail(status int, text string) {
	c.reply(status, map[string]any{"message": text, "error": map[string]string{"message": text}, "errors": []any{map[string]string{"message": text}}})
}

// pull returns the pull request of a repository with the number in the path. It responds 404
// and returns nil if there is none.
func (c *call) pull(slug string) *pull {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	for _, p := range c.g.pulls {
		if p.Repo == slug && fmt.Sprint(p.Number) == c.vars["number"] {
			c.g.refresh(p)
			return p
		}
	}
	c.fail(http.StatusNotFound, "404 pull request not found")
	return nil
}

// add stores a new pull request. It responds with an error and returns false if the forge
// would reject it.
func (c *call) add(p *pull, maxTitle, maxBody int) bool {
	g := c.g
	head, base := g.rev(p.from(), p.Head), g.rev(p.Repo, p.Base)
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range g.pulls {
		if g.refresh(o); o.Repo == p.Repo && o.State == "open" && o.from() == p.from() && o.Head == p.Head && o.Base == p.Base {
			c.fail(http.StatusConflict, "another open pull request exists")
			return false
		}
	}
	switch {
	case head == "" || base == "" || head == base:
		c.fail(http.StatusBadRequest, "the branches do not differ or do not exist")
	case p.Title == "" || len(p.Title) > maxTitle:
		c.fail(http.StatusBadRequest, "the title is too short or too long")
	case utf16Length(p.Body) > maxBody:
		c.fail(http.StatusBadRequest, fmt.Sprintf("the description is longer than %d characters", maxBody))
	default:
		p.Number, p.State = len(g.pulls)+1, "open"
		if p.Fork == p.Repo {
			p.Fork = ""
		}
		g.pulls = append(g.pulls, p)
		g.refresh(p)
		return true
	}
	return false
}

func utf16Length(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

// selectPulls returns the pull requests of a repository that keep accepts, newest first.
func (c *call) selectPulls(slug string, keep func(*pull) bool) (out []*pull) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	for _, p := range slices.Backward(c.g.pulls) {
		if c.g.refresh(p); p.Repo == slug && keep(p) {
			out = append(out, p)
		}
	}
	return out
}

// change changes a pull request and increments its version.
func (c *call) change(p *pull, f func()) {
	c.g.mu.Lock()
	defer c.g.mu.Unlock()
	f()
	p.Version++
}

// A user is somebody that a forge knows.
type user struct {
	name string
	id   int
	uuid string
}

var users = []user{{"ann", 11, "11111111-1111-4111-8111-111111111111"}, {"bob", 12, "22222222-2222-4222-8222-222222222222"}, {"platform", 13, "33333333-3333-4333-8333-333333333333"}}

// repoID returns a number for a repository, and repoUUID a UUID.
func repoID(slug string) int {
	h := fnv.New32a()
	h.Write([]byte(slug))
	return int(h.Sum32() >> 8)
}

func repoUUID(slug string) string {
	return fmt.Sprintf("%08x-0000-4000-8000-000000000000", repoID(slug))
}

func itoa(n int) string { return strconv.Itoa(n) }

// hasRepo reports whether the forge has a repository. If not, it responds 404.
func (c *call) hasRepo(slug string) bool {
	if _, err := os.Stat(c.g.RepoDir(slug)); err != nil {
		c.fail(http.StatusNotFound, "404 Project Not Found")
		return false
	}
	return true
}

// repoWith returns the repository that match accepts, or "".
func (c *call) repoWith(match func(slug string) bool) string {
	dirs, _ := filepath.Glob(filepath.Join(c.g.dir, "*", "*.git"))
	for _, dir := range dirs {
		slug := filepath.Base(filepath.Dir(dir)) + "/" + strings.TrimSuffix(filepath.Base(dir), ".git")
		if match(slug) {
			return slug
		}
	}
	return ""
}

// repoWithID returns the repository with a number, or "".
func (c *call) repoWithID(id int) string {
	return c.repoWith(func(slug string) bool { return repoID(slug) == id })
}
