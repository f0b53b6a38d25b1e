# Writes an executable TO that runs the Python SCRIPT: see Runtimes.cmake.
get_filename_component(folder ${SCRIPT} DIRECTORY)
file(WRITE ${TO} "#!/bin/sh
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH='${folder}/shared' exec /usr/bin/python3 -P '${SCRIPT}' \"$@\"
")
file(CHMOD ${TO} PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
