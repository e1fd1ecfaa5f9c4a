package failure

import "google.golang.org/grpc"

// newEraser asks the assignment service; nil where it erases nobody.
func newEraser(*grpc.ClientConn) eraser { return nil }
