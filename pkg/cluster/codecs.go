package cluster

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

// codecs returns the decoders of the lists that the package reads, and of errors. The
// scheme of client-go has the types of all APIs: programs that import it register them
// when they start, and are several megabytes larger.
func codecs() runtime.NegotiatedSerializer {
	s := runtime.NewScheme()
	for _, k := range builtinKinds() {
		s.AddKnownTypes(k.groupVersion(), k.newList())
	}
	s.AddKnownTypes(corev1.SchemeGroupVersion, &corev1.NodeList{}, &corev1.SecretList{})
	metav1.AddToGroupVersion(s, corev1.SchemeGroupVersion)
	metav1.AddToGroupVersion(s, appsv1.SchemeGroupVersion)
	metav1.AddToGroupVersion(s, batchv1.SchemeGroupVersion)
	return serializer.NewCodecFactory(s).WithoutConversion()
}
