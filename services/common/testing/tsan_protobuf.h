// Included before everything else in a build with ThreadSanitizer.
//
// Under TSan protobuf's map_field.h gives every map field two members more, and the distribution's
// libprotobuf, which was built without TSan, writes past them. This header includes it once as the
// library was built.
#pragma once

#pragma push_macro("__SANITIZE_THREAD__")
#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#pragma pop_macro("__SANITIZE_THREAD__")
