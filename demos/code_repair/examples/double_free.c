#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    int length = 16;
    int used = 0;
    int tries = 1;
    char line[80];
    char *buffer = malloc(length);
    char *copy = malloc(length);

    strcpy(buffer, "two pointers");
    strcpy(copy, buffer);
    used = strlen(copy);

    printf("%d of %d\n", used, length);
    if (used > 8) {
        fprintf(stderr, "longer than %d\n", 8);
    }
    sprintf(line, "%s and %s", buffer, copy);
    puts(line);
    free(buffer);

    tries++;
    puts(copy);
    printf("%d %s\n", tries, line);
    free(copy);
    free(buffer);

    return 0;
}
