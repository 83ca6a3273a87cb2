#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#define SOURCE_STRING "a text that is copied"  // one text, and two places for one

int copied(void)
{
    char dest[100];
    char name[16];
    char *data;
    int tries = 3;
    unsigned long room = 100;

    data = NULL;
    data = (char *)malloc(100*sizeof(char));
    strcpy(name, "copy");
    strcpy(data, name);

    if (tries > 2) {
        puts(data);
    }
    /* the format asks for two texts */
    sprintf(dest, "%s %s", SOURCE_STRING);
    puts(dest);
    tries = tries - 1;
    printf("%d of %lu\n", tries, room);
    free(data);

    return 0;
}
