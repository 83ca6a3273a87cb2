#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 100
#define GREETING "freed once is enough"

/* A pointer that begins as NULL, gets memory, and gives it back.
 * The second free has nothing to give back any more.
 */
void greet(void)
{
    char *data = NULL;
    char *line;
    unsigned int letters = 0;
    long seen = 0;

    data = (char *)malloc(SIZE*sizeof(char));
    line = (char *)malloc(SIZE*sizeof(char));
    strcpy(data, GREETING);
    letters = strlen(data);
    printf("%u letters of %d\n", letters, SIZE);

    /* both are used until here */
    sprintf(line, "%s: %u", data, letters);
    puts(line);
    free(data);
    seen = seen + 1;
    printf("%ld line\n", seen);
    free(line);
    free(data); /* the fault */
}
