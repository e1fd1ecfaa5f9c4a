package failure

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	mabv1 "mab/gen/go/mab/v1"
	"mab/tests/harness"
)

// newEraser asks the assignment service itself, which erases for our own services only.
func newEraser(connection *grpc.ClientConn) eraser {
	client := mabv1.NewErasureServiceClient(connection)
	return func(ctx context.Context, user string) (int, error) {
		ctx = metadata.AppendToOutgoingContext(ctx, "mab-internal-secret", harness.InternalSecret)
		answer, err := client.EraseUser(ctx, &mabv1.EraseUserRequest{UserId: user})
		if err == nil && answer.ErasedAt == nil {
			err = fmt.Errorf("erased at no time: %v", answer)
		}
		return int(answer.GetAssignments()), err
	}
}
