// Package webhook is a mutating admission webhook that moves the images of pods as a set
// of rules does, and the manifests that install it in a cluster.
//
// [Decide] is the decision, a pure function. [Server] answers requests with it.
// [Manifests] writes the objects of a cluster. Package policy writes policies that
// Kubernetes evaluates itself; they need no server, and are the better choice where the
// cluster has them.
package webhook
