/* One object as the server has it. */
#include "object.h"

void resource_object_finish(struct object *object)
{
	tfs_doc_unref(steal_pointer(&object->doc));
	json_decref(steal_pointer(&object->record));
}
